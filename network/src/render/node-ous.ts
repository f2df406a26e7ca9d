// SPDX-License-Identifier: Apache-2.0

/** Renders an MSP's `config.yaml`: the certificate's organisational unit says what its holder is. */
export function nodeOus(): object {
  const unit = (name: string) => ({ Certificate: 'cacerts/ca.pem', OrganizationalUnitIdentifier: name });
  return {
    NodeOUs: {
      Enable: true,
      ClientOUIdentifier: unit('client'),
      PeerOUIdentifier: unit('peer'),
      AdminOUIdentifier: unit('admin'),
      OrdererOUIdentifier: unit('orderer'),
    },
  };
}
